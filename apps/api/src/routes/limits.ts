/** Largest body of a route that takes a few fields. */
export const smallBodyBytes = 256 * 1024;
/** Largest body of a route that takes a workflow. */
export const workflowBodyBytes = 1024 * 1024;
/** Largest body of a route whose messages can hold images as data URLs. */
export const imageBodyBytes = 8 * 1024 * 1024;

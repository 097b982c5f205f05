/** Until API keys exist there is one tenant. */
export const tenantId = 'default';

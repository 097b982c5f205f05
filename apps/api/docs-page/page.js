window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  displayRequestDuration: true,
  // Schemas of the whole document at its end: folded, as operations show those they use.
  defaultModelsExpandDepth: 0,
  // An example for each of ten errors would bury what differs.
  defaultModelRendering: 'model',
  defaultModelExpandDepth: 0,
  // Otherwise a badge is asked for from a server elsewhere.
  validatorUrl: null,
});

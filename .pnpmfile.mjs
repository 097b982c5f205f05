/** @param {Record<string, any>} manifest */
function readPackage(manifest) {
  const { name, dependencies = {} } = manifest;
  if (name === 'swagger-ui-dist') {
    // Reports each installation to its maker, and does nothing else.
    delete dependencies['@scarf/scarf'];
  }
  return manifest;
}

export const hooks = { readPackage };

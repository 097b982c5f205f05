/** @param {Record<string, any>} manifest */
function readPackage(manifest) {
  const { name, dependencies = {}, peerDependencies = {} } = manifest;
  if (name === 'swagger-ui-dist') {
    // Reports each installation to its maker, and does nothing else.
    delete dependencies['@scarf/scarf'];
  }
  if (name === 'openapi-typescript') {
    // It generates through TypeScript's JavaScript API, which TypeScript 7 does not have: it gets a TypeScript of its own.
    delete peerDependencies.typescript;
    dependencies.typescript = '5.9.3';
  }
  return manifest;
}

export const hooks = { readPackage };

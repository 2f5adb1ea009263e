/** URL of this package's own code: where `node:module` resolves the loader hook from. The CommonJS twin is written by build.mjs. */
export const here: string = import.meta.url;

/** The version of this build; the bundler writes it in, from package.json. */
declare global {
  var lanwrightVersion: string | undefined;
}

export const version: string = globalThis.lanwrightVersion ?? 'development';

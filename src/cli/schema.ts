/** Prints the JSON Schema of the language. */
import { labJsonSchema } from '../spec/json-schema.ts';
import { exitCode } from './exit-code.ts';
import { print } from './terminal.ts';

export const schema = (): Promise<number> => {
  print(JSON.stringify(labJsonSchema(), null, 2));
  return Promise.resolve(exitCode.asWished);
};

/**
 * The language as a JSON Schema (draft-07, which every editor reads), for completion and checking while one writes.
 * It is also how the messages and the reference documentation look up what may stand at a place.
 */
import * as z from 'zod';
import { specSchema } from './spec.ts';

/** The part of JSON Schema that the language needs. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly (string | number | boolean)[];
  readonly const?: string | number | boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
}

/** The JSON Schema of a lab file, as plain data. */
export const labJsonSchema = (): JsonSchema => {
  const schema = z.toJSONSchema(specSchema, {
    target: 'draft-7',
    io: 'input',
    reused: 'inline',
    // The bounds of a double say nothing about a lab.
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  const { $schema, ...rest } = JSON.parse(JSON.stringify(schema)) as JsonSchema;
  return { ...($schema === undefined ? {} : { $schema }), title: 'Lanwright lab', ...rest };
};

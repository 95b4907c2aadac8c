/** Checks bodies, queries and paths with the zod schema of the route, and refuses them in the form of validation-entries. */
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { z, type ZodType } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import { tellIntegers, validationEntries } from './validation-entries.js';

const wireNames: Readonly<Record<string, string>> = { querystring: 'query', params: 'path', headers: 'header' };

const validatorCompiler: FastifySchemaCompiler<ZodType> = ({ schema, httpPart = 'body' }) => {
  const part = wireNames[httpPart] ?? httpPart;
  return (data: unknown) => {
    const result = z.safeParse(schema, data, { error: tellIntegers });
    if (result.success) return { value: result.data };
    // Fastify hands a missing body over as null.
    const detail = validationEntries(result.error.issues, data ?? undefined, part);
    return { error: new ProxboxError('invalid_request', `The ${part} of the request is not valid.`, { detail }) };
  };
};

export function registerValidation(app: FastifyInstance): void {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
}

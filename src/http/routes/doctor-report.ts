/** How the routes of both doctors answer: as JSON, or as text for people. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';

export const reportFormat = z.enum(['json', 'text']).default('json').describe('text: for people');

/** 200 also when not all is well: the report says so, and the header `X-Proxbox-Status`: `completed` when it is, else `failed`. */
export function answerReport<Report extends { readonly ok: boolean }>(
  reply: FastifyReply,
  report: Report,
  textIn: { readonly format: z.infer<typeof reportFormat>; readonly textOf: (report: Report) => string },
): unknown {
  reply.header('x-proxbox-status', report.ok ? 'completed' : 'failed');
  if (textIn.format === 'json') return report;
  return reply.type('text/plain; charset=utf-8').send(textIn.textOf(report));
}

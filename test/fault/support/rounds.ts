/** How much of a fault is tried: `npm run test:fault` asks for ten times what the ordinary run does (FAULT_ROUNDS). */
export const rounds = Number(process.env['FAULT_ROUNDS'] ?? '1');

/** What must not compile, checked by `npm run typecheck`: a preview is made from what cannot write. */
import { createOverlay } from '../../src/netbox/overlay/overlay.js';
import type { NetBoxReader } from '../../src/netbox/types.js';

declare const reader: NetBoxReader;
const options = { batchSize: 1, delayMs: 0 };

const preview = createOverlay(reader);
preview.scoped({});
// @ts-expect-error What reads does not create,
reader.bulkCreate('/api/extras/tags/', [], options);
// @ts-expect-error nor change,
reader.scoped({}).bulkPatch('/api/extras/tags/', [], options);
// @ts-expect-error nor delete,
reader.scoped({}).bulkDelete('/api/extras/tags/', [], options);
// @ts-expect-error and knows of no single writes either.
reader.create('/api/extras/tags/', {});

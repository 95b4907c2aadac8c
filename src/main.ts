/** The service as a process of its own: what `npm start` and the image run. */
import { startService } from './compose/serve.js';

await startService();

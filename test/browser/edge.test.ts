/** The pages with every odd guest, storage and node. */
import { anEdgeEstate } from './estates.js';
import { describePages } from './pages.js';

describePages('edge', anEdgeEstate);

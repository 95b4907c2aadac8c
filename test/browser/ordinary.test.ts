/** The pages with two clusters of five guests. */
import { anOrdinaryEstate } from './estates.js';
import { describePages } from './pages.js';

describePages('ordinary', anOrdinaryEstate);

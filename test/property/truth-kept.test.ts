import { describeTruth } from './truth.js';

describeTruth(0);

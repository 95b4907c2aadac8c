import { describeTruth } from './truth.js';

describeTruth(1);

import { describeKills } from './support/kills.js';

describeKills('before');

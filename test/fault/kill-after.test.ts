import { describeKills } from './support/kills.js';

describeKills('after');

import { describeKills } from '../fault/support/kills.js';

describeKills('after', { guests: 200, points: 10 });

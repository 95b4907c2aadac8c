import { describeKills } from '../fault/support/kills.js';

describeKills('before', { guests: 200, points: 10 });

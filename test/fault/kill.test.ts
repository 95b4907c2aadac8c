import { describeKills } from './support/kills.js';

// With 200 guests and 20 points among the tests of test/load.
describeKills('before', { guests: 20, points: 2 });
describeKills('after', { guests: 20, points: 2 });

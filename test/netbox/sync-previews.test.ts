import { describeRealSync } from './real-sync.js';

describeRealSync('previews');

import { describeRealSync } from './real-sync.js';

describeRealSync('sdn');

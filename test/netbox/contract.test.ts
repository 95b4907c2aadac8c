import { describeNetBoxContract } from '../contract/netbox/contract.js';
import { resetNetBox } from './harness.js';

describeNetBoxContract('the real NetBox with the real plugin', resetNetBox);

// @ts-check
/** Who may import whom. The layers are stated in test/architecture/layers.js and drawn in docs/architecture.md. */
import { importRules } from './test/architecture/import-rules.js';

export default {
  forbidden: importRules,
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};

/** Objects of Kubernetes against its types: what is missing, of another type, or no field of theirs. */
import path from 'node:path';
import ts from 'typescript';
import type { KubernetesObject } from './deploy-files.js';

const root = path.join(import.meta.dirname, '../..');

/** `networking.k8s.io/v1` is the module `networking/v1`, and `v1` is `core/v1`. */
function moduleOf(apiVersion: string): string {
  const [group, version] = apiVersion.includes('/')
    ? (apiVersion.split('/', 2) as [string, string])
    : ['core', apiVersion];
  return `kubernetes-types/${group.replace(/\.k8s\.io$/, '')}/${version}`;
}

/** A literal is checked for fields that its type does not have, so the object is written as one. */
function sourceOf(objects: readonly KubernetesObject[]): string {
  return objects
    .map((object, n) => {
      const type = `import('${moduleOf(object.apiVersion)}').${object.kind}`;
      return `export const object${n}: ${type} = ${JSON.stringify(object, null, 1)};`;
    })
    .join('\n');
}

/** One sentence of the compiler for each fault. */
export function typeErrorsOf(objects: readonly KubernetesObject[]): readonly string[] {
  const file = path.join(root, 'test', 'objects-of-kubernetes.ts');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es5.d.ts'],
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const source = ts.createSourceFile(file, sourceOf(objects), ts.ScriptTarget.ES2023);
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    getSourceFile: (name, ...rest) => (name === file ? source : disk.getSourceFile(name, ...rest)),
    fileExists: (name) => name === file || disk.fileExists(name),
  };
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

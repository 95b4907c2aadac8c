/** The source as the compiler understands it, for tests about what the product reads. Comments and strings prove nothing. */
import path from 'node:path';
import ts from 'typescript';

export const root = path.join(import.meta.dirname, '../..');

export interface Source {
  /** Files, from the root of the repository, that read this property of this interface. */
  readersOf(file: string, owner: string, property: string): readonly string[];
  /** Where the environment of the process is taken, as `file: expression`. */
  environmentReads(): readonly string[];
  /** Names in literals that are spread into an object below this folder, and that its type does not have: nobody else looks. */
  strayInSpreads(folder: string): readonly string[];
}

/** The object literals that a spread may be made of: `...(site === null ? {} : { site })`. */
function literalsIn(node: ts.Expression): readonly ts.ObjectLiteralExpression[] {
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return literalsIn(node.expression);
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(literalsIn);
  return ts.isObjectLiteralExpression(node) ? [node] : [];
}

function serviceOf(files: readonly string[], options: ts.CompilerOptions): ts.LanguageService {
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => options,
    getScriptFileNames: () => [...files],
    getScriptVersion: () => '1',
    getScriptSnapshot: (file) => {
      const text = ts.sys.readFile(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: (file) => ts.sys.fileExists(file),
    readFile: (file) => ts.sys.readFile(file),
    directoryExists: (folder) => ts.sys.directoryExists(folder),
    getDirectories: (folder) => ts.sys.getDirectories(folder),
  };
  return ts.createLanguageService(host);
}

function memberOf(source: ts.SourceFile, owner: string, property: string): ts.TypeElement {
  const found = source.statements.find((one) => ts.isInterfaceDeclaration(one) && one.name.text === owner);
  const members = found !== undefined && ts.isInterfaceDeclaration(found) ? found.members : [];
  const member = members.find(({ name }) => name !== undefined && name.getText(source) === property);
  if (member === undefined) throw new Error(`${source.fileName} has no ${owner}.${property}`);
  return member;
}

/** Neither where the property is declared nor where an object gets it. */
function isRead(source: ts.SourceFile | undefined, position: number): boolean {
  const visit = (node: ts.Node): ts.Node =>
    ts.forEachChild(node, (child) => (child.pos <= position && position < child.end ? visit(child) : undefined)) ??
    node;
  if (source === undefined) return false;
  const { parent } = visit(source);
  return (
    !ts.isPropertySignature(parent) && !ts.isPropertyAssignment(parent) && !ts.isShorthandPropertyAssignment(parent)
  );
}

/** Everything below `src`, as it is built. */
export function openSource(): Source {
  const configFile = path.join(root, 'tsconfig.build.json');
  const config = ts.parseJsonConfigFileContent(
    ts.readConfigFile(configFile, (file) => ts.sys.readFile(file)).config,
    ts.sys,
    root,
  );
  const service = serviceOf(config.fileNames, config.options);
  const program = service.getProgram()!;
  const checker = program.getTypeChecker();
  const short = (file: string): string => path.relative(root, file);

  function isEnvironment(node: ts.Node): boolean {
    if (!ts.isIdentifier(node) || node.text !== 'env') return false;
    const { parent } = node;
    const symbol =
      ts.isBindingElement(parent) && ts.isObjectBindingPattern(parent.parent)
        ? checker.getTypeAtLocation(parent.parent).getProperty('env')
        : checker.getSymbolAtLocation(node);
    const declarations = symbol?.declarations ?? [];
    return declarations.some((one) => one.getSourceFile().fileName.includes('/node_modules/@types/node/'));
  }

  function strayIn(literal: ts.ObjectLiteralExpression): readonly string[] {
    const type = checker.getContextualType(literal);
    const members = type === undefined ? [] : type.isUnion() ? type.types : [type];
    if (members.some((one) => one.getStringIndexType() !== undefined)) return [];
    const names = new Set(members.flatMap((one) => checker.getPropertiesOfType(one)).map(({ name }) => name));
    if (names.size === 0) return [];
    const spread = literal.properties.flatMap((one) => (ts.isSpreadAssignment(one) ? literalsIn(one.expression) : []));
    const given = spread.flatMap(({ properties }) => properties.flatMap(({ name }) => name?.getText() ?? []));
    return given.filter((name) => !names.has(name));
  }

  return {
    readersOf: (file, owner, property) => {
      const fileName = path.join(root, file);
      const source = program.getSourceFile(fileName);
      if (source === undefined) throw new Error(`${file} is not part of the source`);
      const at = memberOf(source, owner, property).name!.getStart(source);
      const references = (service.findReferences(fileName, at) ?? []).flatMap((one) => one.references);
      const reads = references.filter(({ fileName: at, textSpan }) =>
        isRead(program.getSourceFile(at), textSpan.start),
      );
      return [...new Set(reads.map((one) => short(one.fileName)))].sort();
    },
    environmentReads: () => {
      const found: string[] = [];
      for (const file of config.fileNames) {
        const source = program.getSourceFile(file)!;
        const visit = (node: ts.Node): void => {
          if (isEnvironment(node)) found.push(`${short(file)}: ${node.parent.parent.getText(source)}`);
          ts.forEachChild(node, visit);
        };
        visit(source);
      }
      return found;
    },
    strayInSpreads: (folder) => {
      const found: string[] = [];
      for (const file of config.fileNames.filter((one) => short(one).startsWith(folder))) {
        const visit = (node: ts.Node): void => {
          if (ts.isObjectLiteralExpression(node)) found.push(...strayIn(node).map((name) => `${short(file)}: ${name}`));
          ts.forEachChild(node, visit);
        };
        visit(program.getSourceFile(file)!);
      }
      return found;
    },
  };
}

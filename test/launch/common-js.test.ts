/** Modules as esbuild writes them, made CommonJS: what they export and import is the same. */
import { createRequire } from 'node:module';
import { runInThisContext } from 'node:vm';
import { expect, it } from 'vitest';
// @ts-expect-error: a tool without types
import * as tool from '../../tools/common-js.mjs';

const { toCommonJs } = tool as {
  readonly toCommonJs: (text: string) => { readonly imports: readonly string[]; readonly text: string };
};

const requireHere = createRequire(import.meta.url);
type Run = (require: unknown, module: unknown, lanwrightImport: unknown) => void;

/** The exports of a module; `others`: those of the pieces that it imports. */
const run = (text: string, others: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => {
  const module = { exports: {} };
  const require = (name: string): unknown => others[name] ?? (requireHere(name) as unknown);
  const whole = `(function(require,module,lanwrightImport){${toCommonJs(text).text}})`;
  (runInThisContext(whole) as Run)(require, module, (name: string) => Promise.resolve(others[name]));
  return module.exports;
};

it.each([
  ['nothing', 'let a=1;', {}],
  ['names', 'let a=1;function b(){}export{a,a as c};', { a: 1, c: 1 }],
  ['names that are words of the language', 'let a=1;export{a as default,a as "b-c"};', { default: 1, 'b-c': 1 }],
  ['names of other pieces', 'import{a as b,default as c}from"./x";export{b,c};', { b: 1, c: 2 }],
  ['the default of a piece', 'import a,{a as b}from"./x";export{a,b};', { a: 2, b: 1 }],
  ['names of Node', 'import{join as j}from"node:path";let a=j("b","c");export{a};', { a: 'b/c' }],
  ['the default of Node', 'import p from"node:path";let a=p.sep;export{a};', { a: '/' }],
  ['all of Node', 'import*as p from"node:path";let a=p.sep;export{a};', { a: '/' }],
  ['default and names of Node', 'import p,{sep as s}from"node:path";let a=p.sep+s;export{a};', { a: '//' }],
  [
    'two modules by one name',
    'import{sep}from"node:path";import*as p from"node:path";let a=sep+p.sep;export{a};',
    { a: '//' },
  ],
  ['an import for its own sake', 'import"./x";let a=1;export{a};', { a: 1 }],
  ['words in texts', 'let a=`import("./x")`+"export{b};";export{a};', { a: 'import("./x")export{b};' }],
])('%s', (_, text, exported) => {
  expect(run(text, { './x': { a: 1, default: 2 } })).toEqual(exported);
});

it('imports later what is imported later', async () => {
  const { a } = run('let a=async()=>(await import("./x")).b;export{a};', { './x': { b: 3 } });
  expect(await (a as () => Promise<unknown>)()).toBe(3);
});

it('is strict, as modules are', () => {
  expect(() => run('undeclared=1;')).toThrow(ReferenceError);
});

it('tells what is imported at once', () => {
  expect(toCommonJs('import"./a";import{b}from"./b";import("./c");').imports).toEqual(['./a', './b']);
});

it.each(['export*from"./x";', 'export{a}from"./x";', 'export let a=1;'])('refuses what it cannot say: %s', (text) => {
  expect(() => toCommonJs(text)).toThrow('no way to say');
});

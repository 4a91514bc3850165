/** The office drawn in every format, as files beside this one. `UPDATE=1` rewrites them; read the difference. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layOut } from '../../src/draw/layout.ts';
import { printDot, printMermaid } from '../../src/draw/print-graph.ts';
import { printSvg } from '../../src/draw/print-svg.ts';
import { printText } from '../../src/draw/print-text.ts';
import { sceneOfFile } from './drawn.ts';

const folder = join(import.meta.dirname, 'office');
const scene = sceneOfFile(join(folder, 'lab.yaml'));

const matches = (name: string, text: string): void => {
  const path = join(folder, name);
  if (process.env['UPDATE'] !== undefined) writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
};

describe('the office', () => {
  it('is an outline', () => {
    matches('expected.txt', printText(scene));
  });

  it('is a graph for Graphviz and for Mermaid', () => {
    matches('expected.dot', printDot(scene));
    matches('expected.mmd', printMermaid(scene));
  });

  it('is a picture', async () => {
    matches('expected.svg', printSvg(scene, await layOut(scene), 'auto'));
  });
});

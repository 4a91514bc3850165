/** Draws the network of a lab file, of configuration files or of this machine. */
import { writeFile } from 'node:fs/promises';
import { layOut } from '../draw/layout.ts';
import { printDot, printMermaid } from '../draw/print-graph.ts';
import { printSvg, type Theme } from '../draw/print-svg.ts';
import { printText } from '../draw/print-text.ts';
import { type Scene } from '../draw/scene.ts';
import { sceneOf } from '../draw/scene-of.ts';
import { readLive } from '../host/read-live.ts';
import { labOfState } from '../recognise/lab-of-state.ts';
import { complain, fault, noSources } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { printJson } from './json.ts';
import { loadNetwork, type NetworkOptions } from './load-network.ts';
import { print } from './terminal.ts';

export const drawFormats = ['text', 'svg', 'dot', 'mermaid'] as const;
export type DrawFormat = (typeof drawFormats)[number];

export interface DrawOptions extends NetworkOptions {
  readonly format?: DrawFormat;
  readonly theme: Theme;
  readonly output?: string;
  readonly live: boolean;
}

const formatsByEnding: Readonly<Record<string, DrawFormat>> = {
  svg: 'svg',
  dot: 'dot',
  gv: 'dot',
  mmd: 'mermaid',
  mermaid: 'mermaid',
};

const formatOf = ({ format, output }: DrawOptions): DrawFormat =>
  format ?? formatsByEnding[output?.split('.').at(-1) ?? ''] ?? 'text';

const liveScene = async (): Promise<Scene> => {
  const { name, state } = await readLive();
  return sceneOf(
    labOfState(name, state, () => ({ file: name, start: 0, end: 0 })),
    state,
  );
};

const sceneFor = async (options: DrawOptions): Promise<Scene | number> => {
  if (options.live) return liveScene();
  const loaded = await loadNetwork(options);
  return typeof loaded === 'number' ? loaded : sceneOf(loaded.lab, loaded.lowered.state);
};

const printers: Readonly<Record<DrawFormat, (scene: Scene, theme: Theme) => string | Promise<string>>> = {
  text: printText,
  dot: printDot,
  mermaid: printMermaid,
  svg: async (scene, theme) => printSvg(scene, await layOut(scene), theme),
};

/** What a picture would show, for programs. */
const sceneToJson = ({ title, segments, machines }: Scene): string =>
  printJson({
    lab: title,
    segments: segments.map(({ name, isInternet, prefixes, about }) => ({
      segment: name,
      internet: isInternet,
      prefixes,
      about,
    })),
    machines: [...machines.values()].map(({ name, ...rest }) => ({ machine: name, ...rest })),
  });

export const draw = async (options: DrawOptions): Promise<number> => {
  const scene = await sceneFor(options);
  if (typeof scene === 'number') return scene;
  const text = options.json ? sceneToJson(scene) : await printers[formatOf(options)](scene, options.theme);
  if (options.output === undefined) {
    print(text);
    return exitCode.asWished;
  }
  try {
    await writeFile(options.output, text);
    return exitCode.asWished;
  } catch (error) {
    complain(
      fault('not-written', `\`${options.output}\` cannot be written: ${(error as Error).message}`),
      noSources,
      options,
    );
    return exitCode.environmentCannot;
  }
};

/** xend-config.sxp: which scripts make the host's network, and what they are told. Parentheses, one setting a line. */
import { type ConfigText, type Place } from '../dialect.ts';
import { type Tell } from '../draft.ts';
import { linesOf } from '../text.ts';

export interface Script {
  /** Without its folder: `network-bridge`. */
  readonly name: string;
  readonly options: ReadonlyMap<string, string>;
  readonly at: Place;
}

export interface XendConfig {
  readonly network?: Script;
  readonly vif?: Script;
}

const setting = /^\s*\(\s*(network-script|vif-script|vif-antispoof)\s+(?:'([^']*)'|"([^"]*)"|([^()]*?))\s*\)/;

const scriptOf = (words: string, at: Place): Script => {
  const [name = '', ...options] = words.trim().split(/\s+/);
  return {
    name: name.replace(/^.*\//, ''),
    options: new Map(
      options.map((option) => {
        const [key = '', ...rest] = option.split('=');
        return [key, rest.join('=')] as const;
      }),
    ),
    at,
  };
};

export const readXendConfig = ({ path, text }: ConfigText, tell: Tell): XendConfig => {
  let config: { network?: Script; vif?: Script } = {};
  for (const { number, text: line } of linesOf(text)) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const at: Place = { path, line: number, column: line.length - line.trimStart().length + 1 };
    const found = setting.exec(line);
    if (found === null) {
      if (!/^\s*\(.*/.test(line) && !/^\s*\)/.test(line))
        tell('error', 'not-a-setting', `\`${line.trim()}\` is not \`(key value)\``, at);
      continue;
    }
    const [, key, single, double, bare] = found;
    const script = scriptOf(single ?? double ?? bare ?? '', at);
    const known = key === 'network-script' ? config.network : config.vif;
    if (key === 'vif-antispoof') continue;
    if (known !== undefined)
      tell(
        'ignored',
        'overridden-key',
        `\`${key ?? ''}\` is given again in line ${number}: what stands here is forgotten`,
        known.at,
        'leave one of them, and comment out the others',
      );
    config = key === 'network-script' ? { ...config, network: script } : { ...config, vif: script };
  }
  return config;
};

/** xl.conf(5): what xl takes for vifs that do not say it themselves. xl reads no xend-config.sxp. */
import { type ConfigText } from '../dialect.ts';
import { type Tell } from '../draft.ts';
import { readDomainText } from './domain-text.ts';

export interface XlConf {
  /** Without its folder. */
  readonly script?: string;
  readonly bridge?: string;
  readonly gatewayDevice?: string;
}

/** The names that Xen 4.2 and later know, and those from before. */
const names = {
  script: ['vif.default.script', 'vifscript'],
  bridge: ['vif.default.bridge', 'defaultbridge'],
  gatewayDevice: ['vif.default.gatewaydev', 'defaultgatewaydev'],
} as const;

export const isXlConf = ({ path }: ConfigText): boolean => /(^|\/)xl\.conf$/.test(path);

export const readXlConf = (text: ConfigText, tell: Tell): XlConf => {
  const values = readDomainText(text, tell);
  const valueOf = (keys: readonly string[]): string | undefined =>
    keys.flatMap((key) => values.get(key)?.items[0]?.text ?? []).find((value) => value !== '');
  const [script, bridge, gatewayDevice] = [valueOf(names.script), valueOf(names.bridge), valueOf(names.gatewayDevice)];
  return {
    ...(script === undefined ? {} : { script: script.replace(/^.*\//, '') }),
    ...(bridge === undefined ? {} : { bridge }),
    ...(gatewayDevice === undefined ? {} : { gatewayDevice }),
  };
};

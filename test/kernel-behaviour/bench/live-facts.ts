/** Facts as they are now, read by iproute2: carrier, addresses in doubt, states of bridge ports, MACs. */
import { runIn } from '../../../src/linux/filters.ts';
import { stacksOf, type Kernel } from '../../../src/linux/kernel.ts';
import { type Facts } from '../../../src/reach/facts.ts';

interface LinkWords {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly {
    readonly local: string;
    readonly tentative?: true;
    readonly dadfailed?: true;
    readonly deprecated?: true;
  }[];
}

interface PortWords {
  readonly ifname: string;
  readonly state: string;
}

type Unusable = NonNullable<Facts['unusable']>[number];
type PortState = NonNullable<Facts['portStates']>[string];

const readJson = async <T>(kernel: Kernel, stack: string, argv: readonly string[]): Promise<readonly T[]> => {
  const { stdout } = await runIn(kernel, stack, argv);
  return stdout.trim() === '' ? [] : (JSON.parse(stdout) as T[]);
};

/** Duplicates stay tentative too, so they are named first. */
const stateOf = ({
  dadfailed,
  tentative,
  deprecated,
}: LinkWords['addr_info'][number]): Unusable['state'] | undefined =>
  dadfailed === true ? 'dadfailed' : tentative === true ? 'tentative' : deprecated === true ? 'deprecated' : undefined;

export const readFacts = async (kernel: Kernel): Promise<Facts> => {
  const carrier: Record<string, boolean> = {};
  const portStates: Record<string, PortState> = {};
  const unusable: Unusable[] = [];
  for (const stack of stacksOf(kernel)) {
    for (const { ifname, flags, addr_info } of await readJson<LinkWords>(kernel, stack, [
      'ip',
      '-j',
      'address',
      'show',
    ])) {
      if (flags.includes('UP')) carrier[`${stack}/${ifname}`] = flags.includes('LOWER_UP');
      for (const info of addr_info) {
        const state = stateOf(info);
        if (state !== undefined) unusable.push({ stack, interface: ifname, address: info.local, state });
      }
    }
    for (const { ifname, state } of await readJson<PortWords>(kernel, stack, ['bridge', '-j', 'link', 'show']))
      portStates[`${stack}/${ifname}`] = state as PortState;
  }
  return { carrier, portStates, unusable };
};

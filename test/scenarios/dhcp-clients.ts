/** DHCP clients that no lab knows of: udhcpc in machines of a lab, each with a card of its own, and what they are given. */
import { type LabRun } from './lab-run.ts';
import { toldScript } from './told-script.ts';

export interface Given {
  readonly address: string;
  readonly by: string;
}

export interface DhcpClients {
  /** From so many cards beside `eth0` of a machine, at the same time; they are numbered, from `first` on. */
  readonly ask: (machine: string, first: number, count: number) => Promise<readonly Given[]>;
  /** From `eth0` itself. */
  readonly askAgain: (machine: string) => Promise<Given | undefined>;
  readonly dispose: () => void;
}

const givenIn = (printed: string): readonly Given[] =>
  [...printed.matchAll(/^given (\S+) by (\S+)$/gm)].map(([, address = '', by = '']) => ({ address, by }));

/** `tries`: how often each asks, once a second. */
export const dhcpClientsOf = (lab: LabRun, tries: number): DhcpClients => {
  const script = toldScript('given $ip by $serverid');
  const udhcpc = `udhcpc -n -q -f -t ${tries} -T 1 -s ${script.path} -i`;
  const printed = async (machine: string, line: string): Promise<readonly Given[]> =>
    givenIn((await lab.exec(machine, 'sh', '-c', line)).stdout);
  return {
    ask: (machine, first, count) => {
      const each = `for n in $(seq ${first} ${first + count - 1})`;
      const card = 'ip link add link eth0 name c$n type macvlan mode bridge && ip link set c$n up';
      return printed(machine, `${each}; do ${card}; done; ${each}; do ${udhcpc} c$n & done; wait`);
    },
    askAgain: async (machine) => (await printed(machine, `${udhcpc} eth0`))[0],
    dispose: script.dispose,
  };
};

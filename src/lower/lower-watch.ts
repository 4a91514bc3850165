/** Who watches the machines of a lab, and who checks in. */
import { type Lab, type LabMachine } from '../lab/lab.ts';
import { type CheckIn, type Service, type Watcher } from '../state/service.ts';

export const lowerWatch = ({ watch }: Lab, { name }: LabMachine): readonly Service[] => {
  if (watch === undefined) return [];
  const { by, port, everySeconds, silenceSeconds, machines, alert } = watch;
  const watcher: Watcher = {
    kind: 'watcher',
    port,
    silenceSeconds,
    machines: machines.map(({ machine }) => machine),
    ...(alert === undefined ? {} : { alert }),
  };
  const checkIns = machines
    .filter(({ machine }) => machine === name)
    .map(({ address }): CheckIn => ({ kind: 'check-in', name, address, port, everySeconds }));
  return [...(by === name ? [watcher] : []), ...checkIns];
};

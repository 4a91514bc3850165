/**
 * Whether the kernel of this machine can be what namespaces of a lab ask of it, asked of the kernel itself in a namespace
 * that is gone at once: said before anything is built.
 */
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { runProgram } from '../run/run-program.ts';
import { type LoadedDesign } from './load-design.ts';

/** Machines that run as namespaces, and have tunnels of WireGuard. */
const namespacesInNeed = ({ lab, lowered }: LoadedDesign): readonly string[] =>
  Object.entries(lowered.state.stacks).flatMap(([name, { interfaces }]) =>
    lab.machines[name]?.machine === undefined && Object.values(interfaces).some(({ kind }) => kind === 'wireguard')
      ? [name]
      : [],
  );

const trial = ['unshare', '--user', '--map-root-user', '--net', 'ip', 'link', 'add', 'wg0', 'type', 'wireguard'];

/** Only a kernel that says no is told of: where it cannot be asked, the step that needs it will tell. */
const isRefused = async (): Promise<boolean> => {
  const { outcome, status, stderr } = await runProgram(trial, { timeoutMs: 10_000 });
  return outcome === 'exited' && status !== 0 && /unknown device type|not supported/i.test(stderr);
};

export const checkKernel = async (loaded: LoadedDesign): Promise<readonly Diagnostic[]> => {
  const needy = namespacesInNeed(loaded);
  if (needy.length === 0 || !(await isRefused())) return [];
  const names = needy.map((name) => `\`${name}\``).join(', ');
  return [
    {
      code: 'kernel-lacks-wireguard',
      severity: 'error',
      message: `the kernel of this machine has no WireGuard, which ${names} would use as ${needy.length === 1 ? 'a namespace' : 'namespaces'}`,
      help: 'add `kind: vm` to each of them: a virtual machine boots a kernel that has it',
    },
  ];
};

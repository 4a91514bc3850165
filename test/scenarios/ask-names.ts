/** Asks for names as a program on a machine does: by its resolv.conf(5), or of one server. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { type LabRun } from './lab-run.ts';

/** The address or name that getent(1) finds by what the machine's resolv.conf(5) says; empty where it finds none. */
export const lookUp = async (lab: LabRun, machine: string, key: string, database = 'hosts'): Promise<string> => {
  const { stdout } = await lab.exec(machine, 'getent', database, key);
  const [first = ''] = stdout.split('\n');
  return first.trim().replaceAll(/\s+/g, ' ');
};

const script = `
import { Resolver } from 'node:dns/promises';
const [server, ...questions] = process.argv.slice(2);
for (const question of questions) {
  const [name, type] = question.split('/');
  const resolver = new Resolver({ timeout: 1000, tries: 2 });
  resolver.setServers([server]);
  const asked = type === 'PTR' ? resolver.reverse(name) : resolver.resolve(name, type ?? 'A');
  console.log(await asked.then((answer) => JSON.stringify(answer), (error) => error.code));
}
`;

/** What one server says to questions such as `web.office.example/AAAA`, in their order: JSON, or a code of node:dns. */
export const ask = async (
  lab: LabRun,
  machine: string,
  server: string,
  ...questions: readonly string[]
): Promise<readonly string[]> => {
  const path = join(lab.directory, 'ask.mjs');
  writeFileSync(path, script);
  const { stdout } = await lab.exec(machine, process.execPath, path, server, ...questions);
  return stdout.trim().split('\n');
};

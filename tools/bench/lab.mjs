/** The lab that is measured: N machines on one bridge, both families, and the host as their router. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lanwright } from './run.mjs';

export const writeLab = (directory, machines) => {
  const file = join(directory, 'lab.yaml');
  writeFileSync(
    file,
    `lab: bench-${machines}-${process.pid}
networks:
  lan: { mode: host-only, ipv4: 10.0.0.0/21, ipv6: 'fd5a:1b2c:3d4e::/64', gateway: last, gateway6: 'fd5a:1b2c:3d4e::1' }
machines:
  m: { count: ${machines}, nics: [lan] }
`,
  );
  return file;
};

/** What Lanwright would configure, so that the hand-written script does the same work. */
export const desiredState = async (file) => {
  const { stdout, stderr } = await lanwright('state', file);
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`lanwright state printed no JSON: ${stdout}${stderr}`);
  }
};

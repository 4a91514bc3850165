/** What can be told of KVM without starting a guest: the device, its version, the processor; and what the last guest met. */
import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs';
import { type KvmFacts } from '../inspect/host-facts.ts';
import { ioctlResult } from '../linux/libc.ts';
import { rememberedTrial } from '../machines/accelerator.ts';
import { type Sight } from './sight.ts';

const device = '/dev/kvm';
const KVM_GET_API_VERSION = 0xae00;

const deviceState = (): KvmFacts['device'] => {
  if (!existsSync(device)) return 'missing';
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return 'open';
  } catch {
    return 'closed';
  }
};

const apiVersion = (): number | undefined => {
  try {
    const fd = openSync(device, 'r+');
    try {
      return ioctlResult(fd, KVM_GET_API_VERSION);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
};

/** `cacheFolder`: where trials with guests are remembered. */
export const readKvm = (sight: Sight, cacheFolder: string): KvmFacts => {
  const state = deviceState();
  const version = state === 'open' ? apiVersion() : undefined;
  const flags = new Set(/^flags\s*:\s*(.*)$/m.exec(sight.text('/proc/cpuinfo') ?? '')?.[1]?.split(' ') ?? []);
  const flag = (['vmx', 'svm'] as const).find((each) => flags.has(each));
  const tried = rememberedTrial(cacheFolder);
  return {
    device: state,
    isGuest: flags.has('hypervisor'),
    ...(version === undefined ? {} : { apiVersion: version }),
    ...(flag === undefined ? {} : { flag }),
    ...(tried === undefined
      ? {}
      : {
          tried: {
            works: tried.accelerator === 'kvm',
            ...(tried.reason === undefined ? {} : { reason: tried.reason }),
          },
        }),
  };
};

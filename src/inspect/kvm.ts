/** Whether KVM can be used here, and why (or why not). */
import { type KvmFacts } from './host-facts.ts';

export interface KvmJudgement {
  /** `unknown`: everything is there, but no guest has been tried. */
  readonly usable: 'yes' | 'no' | 'unknown';
  readonly why: string;
  readonly help: string | null;
}

const usableApi = 12;

const inBios = 'switch on virtualization (VT-x, AMD-V) in the firmware of the machine';
const nested = 'let the machine around this one pass its processor through (nested virtualization)';

export const judgeKvm = ({ device, apiVersion, flag, isGuest, tried }: KvmFacts): KvmJudgement => {
  if (device === 'missing')
    return flag === undefined
      ? {
          usable: 'no',
          why: 'the processor shows neither vmx nor svm, and there is no /dev/kvm',
          help: isGuest ? nested : inBios,
        }
      : {
          usable: 'no',
          why: `the processor has ${flag}, but there is no /dev/kvm`,
          help: `modprobe ${flag === 'vmx' ? 'kvm_intel' : 'kvm_amd'}`,
        };
  if (device === 'closed')
    return { usable: 'no', why: '/dev/kvm is not open to this user', help: 'usermod -aG kvm USER, then log in again' };
  if (apiVersion !== usableApi)
    return { usable: 'no', why: '/dev/kvm does not answer as KVM does (KVM_GET_API_VERSION)', help: null };
  if (tried !== undefined)
    return tried.works
      ? { usable: 'yes', why: 'a guest ran in it since this machine was booted', help: null }
      : { usable: 'no', why: tried.reason ?? 'a guest did not run in it', help: null };
  return {
    usable: 'unknown',
    why: '/dev/kvm answers; whether guests run in it shows when one is tried',
    help: 'lanwright up --machines vm',
  };
};

/** The step that takes a step back. */
import { type Step } from './plan.ts';

export const undoStep = (step: Step): Step => {
  switch (step.kind) {
    case 'add-stack':
      return { ...step, kind: 'remove-stack' };
    case 'remove-stack':
      return { ...step, kind: 'add-stack' };
    case 'set-sysctl': {
      const { from, to, ...rest } = step;
      return { ...rest, ...(to === undefined ? {} : { from: to }), ...(from === undefined ? {} : { to: from }) };
    }
    case 'add-bridge':
      return { ...step, kind: 'remove-bridge' };
    case 'remove-bridge':
      return { ...step, kind: 'add-bridge' };
    case 'add-link':
      return { ...step, kind: 'remove-link' };
    case 'remove-link':
      return { ...step, kind: 'add-link' };
    case 'add-cable':
      return { ...step, kind: 'remove-cable' };
    case 'remove-cable':
      return { ...step, kind: 'add-cable' };
    case 'set-interface':
      return { ...step, from: step.to, to: step.from };
    case 'set-wireguard':
      return { ...step, from: step.to, to: step.from };
    case 'add-address':
      return { ...step, kind: 'remove-address' };
    case 'remove-address':
      return { ...step, kind: 'add-address' };
    case 'add-route':
      return { ...step, kind: 'remove-route' };
    case 'remove-route':
      return { ...step, kind: 'add-route' };
    case 'add-rule':
      return { ...step, kind: 'remove-rule' };
    case 'remove-rule':
      return { ...step, kind: 'add-rule' };
    case 'add-proxy':
      return { ...step, kind: 'remove-proxy' };
    case 'remove-proxy':
      return { ...step, kind: 'add-proxy' };
    case 'add-neighbour':
      return { ...step, kind: 'remove-neighbour' };
    case 'remove-neighbour':
      return { ...step, kind: 'add-neighbour' };
    case 'set-filter':
      return { ...step, from: step.to, to: step.from };
    case 'change-service':
      return { ...step, from: step.to, to: step.from };
    case 'set-resolver': {
      const { from, to, ...rest } = step;
      return { ...rest, ...(to === undefined ? {} : { from: to }), ...(from === undefined ? {} : { to: from }) };
    }
    case 'start-service':
      return { ...step, kind: 'stop-service' };
    case 'stop-service':
      return { ...step, kind: 'start-service' };
  }
};

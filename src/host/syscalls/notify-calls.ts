// All system calls of a supervisor (seccomp_unotify(2)). They are made for every trapped call, so they throw nothing: a
// negative result is an errno.
import type { Binding } from './binding.js';
import { inodeCalls, type InodeCalls } from './inode-calls.js';
import { notificationCalls, type NotificationCalls } from './notification-calls.js';
import { targetCalls, type TargetCalls } from './target-calls.js';

export interface NotifyCalls extends NotificationCalls, TargetCalls, InodeCalls {}

export function notifyCalls(binding: Binding): NotifyCalls {
  return { ...notificationCalls(binding), ...targetCalls(binding), ...inodeCalls(binding) };
}

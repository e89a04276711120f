// The public functions besides `build`, `check` and `doctor`, each loaded when it is first called.
import type { login as Login } from './login.js';
import type { logout as Logout } from './logout.js';

export const login: typeof Login = async (...args) => (await import('./login.js')).login(...args);
export const logout: typeof Logout = async (...args) => (await import('./logout.js')).logout(...args);

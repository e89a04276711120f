// Negative errno values as the kernel takes them for an answer.
import { constants } from 'node:os';

const { errno } = constants;

export const EPERM = -errno.EPERM;
export const ENOENT = -errno.ENOENT;
export const EACCES = -errno.EACCES;
export const EFAULT = -errno.EFAULT;
export const EEXIST = -errno.EEXIST;
export const EBADF = -errno.EBADF;
export const ENOTDIR = -errno.ENOTDIR;
export const ELOOP = -errno.ELOOP;
export const EINVAL = -errno.EINVAL;
export const ERANGE = -errno.ERANGE;
export const ENAMETOOLONG = -errno.ENAMETOOLONG;
export const ENODATA = -errno.ENODATA;
export const EOPNOTSUPP = -errno.EOPNOTSUPP;
export const EOVERFLOW = -errno.EOVERFLOW;

export default { files: ['build-remote/test/**/*.test.js'], workerThreads: false, timeout: '2m' };

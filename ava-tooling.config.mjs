export default { files: ['build-tooling/test/**/*.test.js'], workerThreads: false, timeout: '5m' };

export default { files: ['build-parser/test/unit/parser/**/*.test.js'], workerThreads: false, timeout: '5m' };

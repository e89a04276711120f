/** The commands by which completions learn the names of images and of containers. */
export const LIST_IMAGES = "tsbuild images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null";
export const LIST_CONTAINERS = "tsbuild ps -a --format '{{.Names}}' 2>/dev/null";

#!/bin/sh
echo "web: $(cat /app/made-by)"

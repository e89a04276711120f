#!/bin/sh
echo "api: $(cat /app/made-by)"

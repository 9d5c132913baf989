#!/bin/sh
# Delivers the dead letters of the object queue once more: those of the deployed stack STACK, or else those of the local stack in DATA_DIR.
set -eu
if [ -n "${STACK:-}" ]; then
    arn=$(aws cloudformation describe-stacks --stack-name "$STACK" \
        --query "Stacks[0].Outputs[?OutputKey=='DeadLetterQueueArn'].OutputValue" --output text)
    aws sqs start-message-move-task --source-arn "$arn"
    aws sqs list-message-move-tasks --source-arn "$arn"
else
    "$(dirname "$0")/../target/debug/filmroom-local" redrive
fi

// A stand-in for ESP-IDF's freertos/task.h: what boards/esp32 uses of it, with the documented signatures.

#ifndef SYNOD_IDF_FREERTOS_TASK
#define SYNOD_IDF_FREERTOS_TASK

#include "freertos/FreeRTOS.h"

typedef struct tskTaskControlBlock *TaskHandle_t;
typedef void (*TaskFunction_t)(void *);

BaseType_t xTaskCreate(TaskFunction_t code, const char *name, uint32_t stack_bytes, void *parameters,
                       UBaseType_t priority, TaskHandle_t *created);
void vTaskDelay(TickType_t ticks);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks);
BaseType_t xTaskNotifyGive(TaskHandle_t task);

#endif
